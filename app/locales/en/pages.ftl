### Header, footer, and the pages around a purchase.

## On every page.

skip-to-content = Skip to content
test-shop = Test shop: no real payment is taken.
secure-payment = Secure payment with Stripe

payments-by-stripe =
    Payments are handled by Stripe. Your card details never reach this shop, and you don’t need an
    account.

## The catalog.

shop-title = Shop

# Variables:
#   $number (Number) - The page's number, at least two.
shop-title-page = Shop, page { $number }

choose-then-pay = Choose how many of each you’d like, then pay for everything in one step.

choose-then-pay-page =
    Choose how many of each you’d like, then pay for everything on this page in one step.

nothing-for-sale = There is nothing for sale at the moment. Please come back later.

categories = Categories
your-selection = Your selection

# The heading of products without a category: of all products, and beside other categories.
products = Products
other-products = Other products

# Variables:
#   $count (Number) - The number of variants.
see-all-options = See all { $count } options

# After the text above, for those who do not see the product beside it.
# Variables:
#   $name (Text) - The name of the product.
options-of-product = for { $name }

pages-of-catalog = Pages of the catalog
previous-page = ← Previous page
next-page = Next page →

# Variables:
#   $number (Number) - The page's number.
#   $count (Number) - The number of pages.
page-of = Page { $number } of { $count }

all-products = ← All products

## The page of a cancelled checkout.

payment-cancelled = Payment cancelled
payment-unconfirmed = We couldn’t confirm your payment

cancelled-explanation =
    Nothing was charged. Your selection is still here: change it if you like, and pay when you’re
    ready.

# Variables:
#   $link (Slot) - The beginning of the link.
#   $end (Slot) - Its end.
unconfirmed-explanation =
    We don’t know yet whether your payment went through. If it did, your order will appear on
    { $link }this page{ $end }, and you don’t need to pay again. If it didn’t, your selection is
    still here.

## The page with a link to Stripe.

one-more-step = One more step before you pay

one-more-step-explanation =
    Your products are reserved. You’ll pay on Stripe’s secure page, and nothing is charged until you
    confirm there.

## Finding an order.

find-order-explanation =
    We’ll email the link to your order to the address you gave when you paid.

email-address = Email address
send-link = Send me the link
order-search-incomplete = Please enter your order number and email address.

check-email = Please check your email

# Variables:
#   $email (Text) - As it was typed.
check-email-explanation =
    If we have an order with this number and the email address { $email }, we’ll email you the link
    within a few minutes.

check-email-hint =
    No email? Please check your spam folder, and make sure that the order number and the email
    address are right.

try-again = Try again
