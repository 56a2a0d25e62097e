"""What dynode does, a module a verb: each takes a request and gives a result."""
