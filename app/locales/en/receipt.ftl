### The parts of an order's page that make it a receipt.

# Variables:
#   $name (Text) - The name of the tax, such as VAT.
#   $rate (Text) - The rate in percent, such as 19.
line-tax-at-rate = { $name } { $rate }%

# Variables:
#   $name (Text) - The name of the tax, such as VAT.
#   $rate (Text) - The rate in percent, such as 19.
line-tax-at-rate-included = { $name } { $rate }% (included)

# A tax without a rate.
# Variables:
#   $name (Text) - The name of the tax.
line-named-tax-included = { $name } (included)

receipt-billing-address = Billing address
receipt-company = Company
receipt-tax-id = Tax ID
receipt-note = Your note to us
receipt-invoice = View your invoice

# The label of the field for a note on Stripe's page, at most 50 characters.
order-note-label = Note to the shop
