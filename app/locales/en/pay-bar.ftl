### The bar at the end of a form: the current total, the button, and what happens next.

# The button if the total may change on Stripe's page.
continue-to-payment = Continue to payment

# The button with the current total, which the browser fills in.
# Variables:
#   $sum (Slot) - The total.
pay-sum = Pay { $sum }

# The button with a total that is known.
# Variables:
#   $total (Money) - The total.
pay-total = Pay { $total }

# On the button after it was pressed.
contacting-stripe = Contacting Stripe…

nothing-selected = Nothing selected yet
one-item = 1 item

# Variables:
#   $count (Slot) - The number of items, at least two, which the browser fills in.
several-items = { $count } items

mixed-currencies =
    Items priced in different currencies have to be paid for separately. Please choose items in
    one currency at a time.

# Without JavaScript: what the button pays for.
pays-this-page = You’ll pay for what you choose on this page.

choice-failed =
    What you chose on other pages could not be loaded. Reload this page to include it.

pay-note = You’ll pay on Stripe’s secure page. Nothing is charged until you confirm there.

## What shipping costs, and whether tax is added. Most languages avoid a preposition before the
## countries, because it depends on the country.

# Variables:
#   $first (Text) - A country.
#   $second (Text) - A country.
two-countries = { $first } and { $second }

# Variables:
#   $first (Text) - A country.
#   $second (Text) - A country.
#   $third (Text) - A country.
three-countries = { $first }, { $second } and { $third }

# Instead of the countries' names if there are many.
# Variables:
#   $count (Number) - The number of countries, at least two.
many-countries = { $count } countries

# Variables:
#   $countries (Text) - One country or several.
delivery = Delivery to { $countries }.

# Variables:
#   $countries (Text) - One country or several.
delivery-free = Delivery to { $countries } is free.

# Variables:
#   $countries (Text) - One country or several.
delivery-free-or-faster =
    Delivery to { $countries } is free, with faster delivery at extra cost.

# Variables:
#   $countries (Text) - One country or several.
#   $price (Money) - The lowest of several prices.
delivery-from = Delivery to { $countries } from { $price }.

# Variables:
#   $countries (Text) - One country or several.
#   $price (Money) - The only price.
delivery-costs = Delivery to { $countries } costs { $price }.

tax-added = Tax is added at checkout.
tax-included = Prices include tax.
