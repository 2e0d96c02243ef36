### Ce qui fait de la page d’une commande un reçu.

line-tax-at-rate = { $name } { $rate } %
line-tax-at-rate-included = { $name } { $rate } % (comprise)
line-named-tax-included = { $name } (comprise)

receipt-billing-address = Adresse de facturation
receipt-company = Entreprise
receipt-tax-id = Numéro fiscal
receipt-note = Votre message
receipt-invoice = Voir votre facture

order-note-label = Message à la boutique
