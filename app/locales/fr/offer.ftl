### Ce qu’une offre dit à côté du prix.

price-without-tax = TVA non applicable
price-free-delivery = livraison offerte

delivery-note = Livraison
return-note = Retours
