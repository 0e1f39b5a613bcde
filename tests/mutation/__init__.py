"""Mutation of the catalogue: break one condition of a detector at a time, and see whether one of its cases fails.

python -m tests.mutation [--detector ID] [--family NAME] [--shared] [--sample N --seed S] [--out FILE.md]

A mutant is a detector with one condition dropped, one edge or threshold moved or one join made strict: in its SQL, its
Cypher, its parameters or the Python that judges. It is *killed* when a case of `tests/cases` no longer comes out as the
case says, and it *survives* when all of them still do: then a case is missing, or the condition is not needed.
"""
