# sbc
