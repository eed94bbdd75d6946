"""Console: the operators' web application, the only room that knows Django.

A row of its database is a draft until its act is in the record.
"""
