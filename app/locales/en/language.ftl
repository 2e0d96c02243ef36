### The switch between languages in the footer.

# The name of the language in itself.
language-name = English

# The label of the switch.
language-switch = Language
