--- A module that loads but gives no workers.
return "nothing here"
