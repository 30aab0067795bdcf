"""From a user's files to problem and trace rows."""
