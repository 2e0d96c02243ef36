### Les images d’un produit sur sa page.

pictures-of = Images de { $name }
picture-number = Image { $number } sur { $count }
