"""The review desk: a person hears, corrects and signs the transcript of an episode, and records approvals, in a browser."""

from pipeline.server.review.app import create_review_app as create_review_app
from pipeline.server.review.approvals import ApprovalDesk as ApprovalDesk
from pipeline.server.review.desk import ReviewDesk as ReviewDesk
