### Policies, and what is said before an order.

# The name of the list of links to imprint, terms and others.
policies = Terms and policies

# The European Union's harmonised notice, which is a picture or a document of its own.
guarantee-title = Legal guarantee of conformity
guarantee-alt = The European Union’s harmonised notice on the legal guarantee of conformity
guarantee-open = Open the notice

# Variables:
#   $methods (Text) - Names of payment methods, separated by commas.
payment-methods = You can pay with: { $methods }.

payment-methods-of-account = Stripe’s page shows how you can pay before you do.
payment-method-card = card
payment-method-sepa-debit = SEPA Direct Debit
payment-method-bank-transfer = bank transfer

# Variables:
#   $countries (Text) - Names of countries, separated by commas.
delivers-to = We deliver to: { $countries }.
