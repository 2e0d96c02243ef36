### Was die Seite einer Bestellung zum Beleg macht.

line-tax-at-rate = { $name } { $rate } %
line-tax-at-rate-included = { $name } { $rate } % (enthalten)
line-named-tax-included = { $name } (enthalten)

receipt-billing-address = Rechnungsadresse
receipt-company = Firma
receipt-tax-id = Steuernummer
receipt-note = Ihre Nachricht an uns
receipt-invoice = Rechnung ansehen

order-note-label = Mitteilung an den Shop
