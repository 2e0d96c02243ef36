### Finding products: the search, and the pages that list products.

## The search in the header of every page.

search-products = Search products
search = Search

## The search's page.

what-are-you-looking-for = What are you looking for?

# Variables:
#   $words (Text) - What was searched for.
search-title = Search: { $words }

# Variables:
#   $count (Number) - The number of products, at least one.
#   $words (Text) - What was searched for.
products-found =
    { $count ->
        [one] { $count } product for “{ $words }”
       *[other] { $count } products for “{ $words }”
    }

# Variables:
#   $words (Text) - What was searched for.
nothing-found = Nothing found for “{ $words }”

nothing-found-advice =
    Please check the spelling, or try fewer words. The beginning of a word is enough.

or-choose-a-category = Or choose a category:

## The page of a category.

# Variables:
#   $category (Text) - The category's name.
#   $number (Number) - The page's number, at least two.
category-title-page = { $category }, page { $number }

# Variables:
#   $count (Number) - The number of products, at least one.
products-in-category =
    { $count ->
        [one] { $count } product
       *[other] { $count } products
    }

category-empty = There is nothing for sale in this category at the moment.

## The order of a list, and what it leaves out.

sort-by = Sort by

# The order of what a search has found.
sort-relevance = Relevance

# As the owner has arranged the products.
sort-recommended = Recommended

sort-name = Name
sort-price = Lowest price
sort-newest = Newest
in-stock-only = In stock only
nothing-in-stock = None of these products is in stock at the moment.
