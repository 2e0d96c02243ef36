### Was ein Angebot neben dem Preis sagt.

price-without-tax = keine USt. (Kleinunternehmerregelung)
price-free-delivery = versandkostenfrei

delivery-note = Lieferung
return-note = Rückgabe
