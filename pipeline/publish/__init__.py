"""Publish ``public/`` so that no subscriber is lost: gates, plan, upload order, publication log, targets."""
