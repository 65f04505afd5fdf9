// Boost.Asio's own code, compiled here and nowhere else.
#include "net/asio.hh"

#include <boost/asio/impl/src.hpp>
