"""Devices that are not there: each speaks its format over real sockets, with the manners of devices on bad links."""
