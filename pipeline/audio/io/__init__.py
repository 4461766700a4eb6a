"""Containers and headers: from a recorder's files to samples."""
