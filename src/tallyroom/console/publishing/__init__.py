"""What goes out in the commission's name: snapshots, calls, certification, statements and complaints."""
