### Ce qu’une offre dit à côté du prix.

price-without-tax = TVA non applicable (franchise en base)
price-free-delivery = livraison gratuite

delivery-note = Livraison
return-note = Retours

arrives-within-days =
    { $max ->
        [one] Chez vous en un jour ouvré au plus.
       *[other] Chez vous en { $max } jours ouvrés au plus.
    }
arrives-in-days = Chez vous en { $min } à { $max } jours ouvrés.
