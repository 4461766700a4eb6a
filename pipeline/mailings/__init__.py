"""What goes out by mail and on paper: table cards; all from the same content as the site and the magazine."""
