### What was chosen, before the products of a form that comes back with it.

# Beside a product, in place of its field: a link to the field in the selection.
chosen-above = In your selection above
