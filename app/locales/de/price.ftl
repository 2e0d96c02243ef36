### Was neben einem Preis steht.

prior-price = Niedrigster Preis der 30 Tage davor:
reduction = −{ $percent } %
unit-price = { $price } je 1 { $unit }
price-per-item = { $price } je Stück
