### The page of a product.

breadcrumbs = Where you are
related-products = You may also like

## Beside the price.

price-includes-tax = Incl. VAT
price-plus-tax = Plus tax

# A business that charges no VAT because it is small, and must say so.
price-small-business = No VAT is charged, as the seller is a small business.

price-plus-delivery = plus delivery

## What the law asks of an offer (Regulation (EU) 2023/988, Article 19).

manufacturer-and-safety = Manufacturer and safety
manufacturer = Manufacturer
responsible-person = Responsible person in the EU
safety-notes = Safety information
