"""A search as other tools log it, one a file: each trial and the winner's final training is a series of epochs.

`nas.run.callbacks.LOGS` names them, and each is imported when it is asked for.
"""
