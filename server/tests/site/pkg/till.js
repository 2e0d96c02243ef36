// See till.css.
