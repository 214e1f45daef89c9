-- A city's items in the order of a search, which reads from the newest on when its words are common.

CREATE INDEX item_city_serial ON item (city, serial);
