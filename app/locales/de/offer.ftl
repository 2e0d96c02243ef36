### Was ein Angebot neben dem Preis sagt.

price-without-tax = ohne USt. (Kleinunternehmen)
price-free-delivery = versandkostenfrei

delivery-note = Lieferung
return-note = Rückgabe
