"""The transcript editor: a person hears, corrects and reviews the transcript of one episode, in a browser."""

from pipeline.server.review.app import create_review_app as create_review_app
from pipeline.server.review.desk import ReviewDesk as ReviewDesk
