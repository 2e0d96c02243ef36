### Die Bilder eines Produkts auf seiner Seite.

pictures-of = Bilder von { $name }
picture-number = Bild { $number } von { $count }
