### À côté d’un prix.

prior-price = Prix le plus bas des 30 jours précédents :
reduction = −{ $percent } %
unit-price = { $price } pour 1 { $unit }
price-per-item = { $price } par pièce
