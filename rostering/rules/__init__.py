"""Every kind of rule, one file each: parameters, a human sentence, the check, and the statement for the solvers.

`registry.KINDS` lists them; nothing here imports Django.
"""
