### Pages that could not be shown, and URLs that lead nowhere.

error-title = Something went wrong
error-heading = Something went wrong on our side

error-explanation =
    We can’t show this page right now. Please try again in a moment. If you’ve just paid, your
    payment is safe and you don’t need to pay again.

page-not-found = Page not found
page-not-found-explanation =
    The address may be mistyped, or the product may no longer be for sale.

order-not-found-explanation =
    The link to your order may be incomplete. Enter your order number and email address, and
    we’ll email you the link again.

## Where to go from there.

back-to-shop = Back to the shop
see-all-products = See all products
find-order = Find your order
