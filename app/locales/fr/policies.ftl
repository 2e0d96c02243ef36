### Conditions, et ce qui est dit avant une commande.

policies = Conditions et informations

guarantee-title = Garantie légale de conformité
guarantee-alt = La notice harmonisée de l’Union européenne sur la garantie légale de conformité
guarantee-open = Ouvrir la notice

payment-methods = Vous pouvez payer avec : { $methods }.

payment-methods-of-account = La page de Stripe indique, avant le paiement, comment vous pouvez payer.
payment-method-card = carte
payment-method-sepa-debit = prélèvement SEPA
payment-method-bank-transfer = virement

delivers-to = Nous livrons dans ces pays : { $countries }.
