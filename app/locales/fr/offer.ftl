### Ce qu’une offre dit à côté du prix.

price-without-tax = TVA non applicable (franchise en base)
price-free-delivery = livraison gratuite

delivery-note = Livraison
return-note = Retours
