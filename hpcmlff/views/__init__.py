"""What commands show people: where cells stand, and what is known of one."""
