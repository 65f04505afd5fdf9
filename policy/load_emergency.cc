// [emergency]: the numbers that are emergency calls beside urn:service:sos, and where all of them go.
#include <algorithm>

#include "policy/compilation.hh"
#include "policy/emergency.hh"

namespace policy {

void load_emergency(TableReader& root, Compilation& compilation) {
    const Table* table = root.table("emergency");
    if (!table) return;
    Emergency& emergency = compilation.snapshot.emergency;
    emergency.place = root.find("emergency")->place;
    TableReader reader(*table, emergency.place, "[emergency]", compilation.complaints);
    reader.read_words("numbers", [&](const std::string& text, const Place& place) {
        const auto number = plain_number(text);
        if (number.empty())
            compilation.complaints.error(place, "\"" + text + "\" is no number; write \"112\"");
        else if (std::ranges::find(emergency.numbers, number) != emergency.numbers.end())
            compilation.complaints.error(place, "number \"" + number + "\" stands twice");
        else
            emergency.numbers.push_back(number);
    });
    reader.read_words("to", [&](const std::string& name, const Place& place) {
        const auto peer = compilation.peer_named(name, place);
        if (!peer) return;
        if (std::ranges::find(emergency.to, *peer) != emergency.to.end())
            compilation.complaints.error(place, "peer \"" + name + "\" stands twice in \"to\"");
        emergency.to.push_back(*peer);
    });
    if (!reader.find("numbers") && !reader.find("to"))
        compilation.complaints.error(emergency.place, "[emergency] says nothing; write numbers = [\"112\"] or to = [\"PEER\"]");
    reader.finish();
}

}  // namespace policy
