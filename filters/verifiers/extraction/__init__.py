"""Which part of a reply is the answer, which the program?"""
