### What search engines show of pages.

# Below the title of a category.
# Variables:
#   $category (Text) - The category's name.
#   $shop (Text) - The shop's name.
#   $count (Number) - The number of products, at least one.
category-description =
    { $count ->
        [one] { $category } at { $shop }: { $count } product with its price and availability. Order here, without an account.
       *[other] { $category } at { $shop }: { $count } products with prices and availability. Order here, without an account.
    }
