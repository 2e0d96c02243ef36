### Withdrawing from a contract (Directive 2011/83/EU, Article 11a).
###
### The words of the link and of the confirming button are those of the law in each language; see
### docs/LEGAL.md before you change them.

# The link to the form, on every page.
withdraw-here = Withdraw from contract here

# The button that sends the statement. It has no other words.
withdraw-confirm = Confirm withdrawal

## The form.

withdraw-title = Withdraw from a contract

withdraw-explanation =
    Tell us which contract you withdraw from. You don’t need to give a reason, and you don’t need an
    account. You’ll see everything again before it is sent.

withdraw-name = Your name
withdraw-email = Email address for the acknowledgement
withdraw-contract = Order number, or what you bought
withdraw-scope = What would you like to withdraw from?
withdraw-whole = The whole order
withdraw-part = A part of it
withdraw-items = Only for a part: which products, and how many of each?
withdraw-lines = Products that you withdraw from
withdraw-continue = Continue

# A line of the order.
# Variables:
#   $quantity (Number) - The number of units.
#   $name (Text) - The names of product and variant.
withdraw-line = { $quantity } × { $name }

## What is wrong with the form.

withdraw-incomplete = Please check the marked fields. Nothing has been sent yet.
withdraw-name-missing = Please enter your name.
withdraw-email-missing = Please enter your email address.
withdraw-email-invalid = Please enter an email address such as name@example.com.
withdraw-contract-missing = Please enter the order number, or what you bought.
withdraw-items-missing = Please say which products you withdraw from.
withdraw-lines-missing = Please choose at least one product.

# Variables:
#   $max (Number) - The maximum number of characters.
withdraw-too-long = Please use at most { $max } characters.

withdraw-unavailable =
    Something went wrong on our side, so we have not received your withdrawal. Please try again in a
    few minutes, or write to us.

limited-withdrawals =
    There were many withdrawals from your connection in a short time, so we have not received this
    one. Please try again later.

limited-withdrawal-mails =
    Several withdrawals with this email address were acknowledged in a short time. Please try again
    later.

## The page that shows everything before it is sent.

withdraw-review = Please check your withdrawal

withdraw-review-explanation =
    Nothing has been sent yet. If everything is right, confirm it with the button below.

withdraw-change = Change something

## The statement, before and after it is sent.

withdraw-statement = I withdraw from the contract that is described here.
withdraw-statement-name = Name
withdraw-statement-email = Email address
withdraw-statement-contract = Order
withdraw-statement-part = Withdrawn from
withdraw-statement-time = Received

## The acknowledgement.

withdraw-received = We have received your withdrawal

withdraw-received-explanation =
    This page acknowledges that we have received your withdrawal, with this content and at this
    time. Please print or save it.

# Variables:
#   $email (Text) - The email address.
withdraw-received-mail =
    We’ll email the acknowledgement to { $email } as well, unless several have already been sent to
    that address today.

## On the page of an order.

# Variables:
#   $day (Text) - Such as 28 November 2026.
withdraw-received-on = Withdrawal received on { $day }.
