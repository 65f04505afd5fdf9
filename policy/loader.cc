// The door of this room: reads the main file and what it includes, compiles them section by section, and
// answers a snapshot or every complaint at once.
#include "policy/loader.hh"

#include <glob.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "policy/compilation.hh"

namespace policy {
namespace {

std::optional<std::string> text_of(const std::string& file) {
    std::error_code ignored;
    if (std::filesystem::is_directory(file, ignored)) {
        errno = EISDIR;
        return std::nullopt;
    }
    std::ifstream stream(file, std::ios::binary);
    if (!stream) return std::nullopt;
    std::ostringstream text;
    text << stream.rdbuf();
    return std::move(text).str();
}

// The files that one entry of `include` names, sorted.
std::vector<std::string> files_of(const std::string& pattern) {
    std::vector<std::string> files;
    glob_t found{};
    if (glob(pattern.c_str(), GLOB_ERR, nullptr, &found) == 0)
        for (std::size_t i = 0; i < found.gl_pathc; ++i) files.emplace_back(found.gl_pathv[i]);
    globfree(&found);
    return files;
}

// Files are read here; what they say is merged into one tree.
struct Reading {
    Complaints complaints;
    std::vector<std::string> files;
    std::uint64_t hash = kHashStart;

    Table parse(const std::string& file, std::string_view text) {
        files.push_back(file);
        hash = hash_more(hash, text);
        return parse_document(file, text, complaints);
    }

    void include(const std::string& pattern, const Place& place, const std::string& main_file, Table& into) {
        const std::filesystem::path path = std::filesystem::path(pattern).is_absolute()
                                               ? std::filesystem::path(pattern)
                                               : std::filesystem::path(main_file).parent_path() / pattern;
        const auto found = files_of(path.string());
        if (found.empty() && pattern.find_first_of("*?[") == std::string::npos)
            complaints.error(place, "\"" + path.string() + "\" is not there, or cannot be read");
        for (const std::string& file : found) {
            const auto text = text_of(file);
            if (!text)
                complaints.error(place, "\"" + file + "\": " + std::strerror(errno));
            else if (std::ranges::find(files, file) != files.end())
                complaints.error(place, "\"" + file + "\" is included twice");
            else
                include_text(file, *text, into);
        }
    }

    void include_text(const std::string& file, std::string_view text, Table& into) {
        Table table = parse(file, text);
        if (const Entry* nested = table.find("include"))
            complaints.error(nested->place, "only the main file includes others; move this there");
        std::erase_if(table.entries, [](const Entry& entry) { return entry.key == "include"; });
        merge_document(into, std::move(table), complaints);
    }
};

std::string hexadecimal(std::uint64_t number) {
    char text[17];
    std::snprintf(text, sizeof text, "%016llx", static_cast<unsigned long long>(number));
    return text;
}

Loaded compile(const std::string& file, std::string_view text, const LoadOptions& options) {
    Reading reading;
    Table tree = reading.parse(file, text);
    const bool readable = !reading.complaints.has_errors();
    // A copy: merging moves the tree's entries about while the list is walked.
    const Entry* include = tree.find("include");
    const Table includes{include ? std::vector<Entry>{*include} : std::vector<Entry>{}};
    TableReader include_reader(includes, {file, 1, 1}, "the policy", reading.complaints);
    include_reader.read_words("include", [&](const std::string& pattern, const Place& place) {
        reading.include(pattern, place, file, tree);
    });

    auto snapshot = std::make_shared<Snapshot>();
    auto rules = std::make_shared<Snapshot::Rules>();
    const HostFacts host = options.check_local_addresses ? host_facts() : HostFacts{};
    Compilation compilation{.snapshot = *snapshot,
                            .rules = *rules,
                            .complaints = reading.complaints,
                            .host = options.check_local_addresses ? &host : nullptr,
                            .zones = {},
                            .peers = {},
                            .listeners = {},
                            .media = {},
                            .half_read = {}};
    // Of a main file that is no TOML nothing is known: what would seem to be missing may stand in it.
    if (readable) {
        TableReader root(tree, {file, 1, 1}, "the policy", reading.complaints);
        root.find("include");
        load_node(root, compilation);
        load_topologies(root, compilation);
        load_headers(root, compilation);
        load_zones(root, compilation);
        check_zones(compilation);
        load_dns(root, compilation);
        load_peers(root, compilation);
        load_emergency(root, compilation);
        load_routes(root, compilation);
        mark_registrars(compilation);
        load_access(root, compilation);
        root.finish();
    }
    Loaded loaded;
    loaded.complaints = reading.complaints.sorted(reading.files);
    if (reading.complaints.has_errors()) return loaded;
    snapshot->hash = hexadecimal(reading.hash);
    snapshot->loaded = file;
    snapshot->rules = std::move(rules);
    loaded.snapshot = std::move(snapshot);
    return loaded;
}

}  // namespace

Loaded load(const std::string& file, const LoadOptions& options) {
    const auto text = text_of(file);
    if (text) return compile(file, *text, options);
    Loaded failed;
    failed.complaints.push_back({{file, 1, 1}, true, "cannot be read: " + std::string(std::strerror(errno))});
    return failed;
}

Loaded load_text(const std::string& name, std::string_view text, const LoadOptions& options) {
    return compile(name, text, options);
}

}  // namespace policy
