"""The source code of a network as a person writes it: classes for its blocks, loops where it repeats.

scopes: a graph as a tree of the document's parts. layers: the call that makes each layer. zeros: those of cut edges,
where they are used. families: uses of one block, laid over each other. parameters, overlay: what differs between them,
as arguments. classes: the text of a class. wiring: cells as data. table, cells: their text. forward: the text of a
forward pass. repeats: loops. words: names, and text at most 100 columns wide. copies: classes that torch lacks.
builder: the classes of a network, inner ones first. entries, network: the class of all of it. file: the text.
"""
