### Was ein Angebot neben dem Preis sagt.

price-without-tax = keine USt. (Kleinunternehmerregelung)
price-free-delivery = versandkostenfrei

delivery-note = Lieferung
return-note = Rückgabe

arrives-within-days =
    { $max ->
        [one] Innerhalb eines Werktags bei Ihnen.
       *[other] Innerhalb von { $max } Werktagen bei Ihnen.
    }
arrives-in-days = In { $min } bis { $max } Werktagen bei Ihnen.
