"""What goes out by mail and on paper, all from the same content as the site and the magazine."""
