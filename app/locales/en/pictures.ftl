### The pictures of a product on its page. Spoken by screen readers, not shown.

# Variables:
#   $name (Text) - The name of the product.
pictures-of = Pictures of { $name }

# A small picture that leads to the large one.
# Variables:
#   $number (Number) - The number of the picture, from 1.
#   $count (Number) - The number of pictures, at least two.
picture-number = Picture { $number } of { $count }
