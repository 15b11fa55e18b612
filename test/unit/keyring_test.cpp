#include "keyring/keyring.hpp"
#include "keyring/provider.hpp"
#include <cstdio>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <numeric>
#include <sys/stat.h>
#include <unistd.h>

using namespace cd;
using namespace cd::keyring;

namespace {

std::vector<std::uint8_t> counting(std::size_t n, std::uint8_t from = 0) {
    std::vector<std::uint8_t> bytes(n);
    std::iota(bytes.begin(), bytes.end(), from);
    return bytes;
}

std::string hex(Bytes bytes) {
    std::string text;
    for (const std::uint8_t byte : bytes) {
        char digits[3];
        std::snprintf(digits, sizeof digits, "%02x", byte);
        text += digits;
    }
    return text;
}

std::string base64(Bytes bytes, const char *last_two, bool pad) {
    std::string alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", text;
    alphabet += last_two;
    for (std::size_t bit = 0; bit < bytes.size() * 8; bit += 6) {
        unsigned digit = 0;
        for (std::size_t i = bit; i < bit + 6; ++i)
            digit = digit * 2 + (i < bytes.size() * 8 ? (bytes[i / 8] >> (7 - i % 8)) & 1u : 0u);
        text += alphabet[digit];
    }
    while (pad && text.size() % 4) text += '=';
    return text;
}

template <class F> std::string refusal(F &&body) {
    try {
        body();
    } catch (const Error &e) {
        EXPECT_STREQ(e.state(), sqlstate::keyring_locked);
        return std::string(e.what()) + " | " + e.detail();
    }
    return "accepted";
}

std::string refusal_of(const std::string &text) {
    Keyring ring;
    const std::string why = refusal([&] { read_keys(text, 1, ring); });
    EXPECT_EQ(why.find("0001020304"), std::string::npos) << "the text was shown";
    return why;
}

} // namespace

// HKDF-SHA-256 by Python's hmac and hashlib:
//   def lp(b): return struct.pack('>I', len(b)) + b
//   prk = hmac.new(b'customer_data/1', bytes(range(32)), sha256).digest()
//   info = lp(kind) + lp(tenant) + lp(field) + lp(algorithm) + struct.pack('>I', version)
//   t(i) = hmac.new(prk, t(i - 1) + info + bytes([i]), sha256).digest()
TEST(Keyring, DerivesAsAnIndependentImplementation) {
    Keyring ring;
    ring.add(1, counting(32));
    ring.add(7, counting(32));
    std::array<std::uint8_t, 64> seal;
    ring.derive({"seal", "acme", "crm.customer.email", "AES-256-SIV"}, 1, seal);
    EXPECT_EQ(hex(seal), "49ddf591ef54ffeb66c907aa61adb6badf8ee67b2f9c822fa207f39128b978e8"
                         "a5fd02a503a9f8a2aa26ed8af2cacd44c89d54e2139e93553a85e97fab77a214");
    std::array<std::uint8_t, 32> pseudonym;
    ring.derive({"pseudonym", "", "analytics", "HMAC-SHA-256"}, 7, pseudonym);
    EXPECT_EQ(hex(pseudonym), "34739a09f15d3830b689aac9a8460d6fe34c80d161f23b99fef79a60b8d6ef5f");
    EXPECT_EQ(hex(ring.check_value(1)), "e70af1ba298521f5fcf15e332306b8ac");
}

// Labels of which one ends where the next begins must not meet.
TEST(Keyring, EveryPartOfALabelSeparates) {
    Keyring ring;
    ring.add(1, counting(32));
    ring.add(2, counting(32));
    std::vector<std::string> keys;
    const auto derive = [&](const Label &label, Version version) {
        std::array<std::uint8_t, 32> key;
        ring.derive(label, version, key);
        keys.push_back(hex(key));
    };
    derive({"a", "b", "c", "d"}, 1);
    derive({"a", "b", "c", "d"}, 2);
    derive({"ab", "", "c", "d"}, 1);
    derive({"", "ab", "c", "d"}, 1);
    derive({"a", "bc", "", "d"}, 1);
    derive({"a", "b", "", "cd"}, 1);
    derive({"a", "b", "cd", ""}, 1);
    std::sort(keys.begin(), keys.end());
    EXPECT_EQ(std::unique(keys.begin(), keys.end()), keys.end());
    EXPECT_NE(refusal([&] { derive({"a", "b", "c", "d"}, 3); }), "accepted");
}

TEST(Keyring, ReadsHexAndBase64OfEverySize) {
    for (std::size_t n = min_root; n <= max_root; ++n) {
        const auto root = counting(n, 200);
        Keyring expected;
        expected.add(1, root);
        for (const std::string &text :
             {hex(root), base64(root, "+/", true), base64(root, "+/", false), base64(root, "-_", true),
              "  " + hex(root) + "\r\n\n", "# a key\n1 :\t" + base64(root, "-_", false) + "\n"}) {
            Keyring ring;
            read_keys(text, 1, ring);
            ASSERT_EQ(ring.versions(), std::vector<Version>{1}) << n;
            EXPECT_EQ(ring.check_value(1), expected.check_value(1)) << n;
        }
    }
    std::string upper = hex(counting(32, 170));
    for (char &c : upper) c = static_cast<char>(std::toupper(c));
    Keyring ring, expected;
    read_keys(upper, 5, ring);
    expected.add(5, counting(32, 170));
    EXPECT_EQ(ring.check_value(5), expected.check_value(5));
}

TEST(Keyring, ReadsSeveralVersionsAndKeepsThoseItHas) {
    Keyring ring, more;
    read_keys("1: " + hex(counting(32)) + "\n2: " + hex(counting(48)) + "\n2147483647: " + hex(counting(64)), 1, ring);
    EXPECT_EQ(ring.versions(), (std::vector<Version>{1, 2, 2147483647}));
    const auto before = ring.check_value(1);
    read_keys("1: " + hex(counting(32, 9)) + "\n3: " + hex(counting(32, 9)), 1, more);
    ring.take(more);
    EXPECT_EQ(ring.versions(), (std::vector<Version>{1, 2, 3, 2147483647}));
    EXPECT_EQ(ring.check_value(1), before);
    EXPECT_TRUE(ring.has(3));
    ring.forget();
    EXPECT_FALSE(ring.has(3));
}

TEST(Keyring, RefusesWhatIsNoKeyWithoutShowingIt) {
    const std::string good = hex(counting(32));
    for (const std::string &bad : {std::string(),
                                   std::string("\n# nothing\n"),
                                   good.substr(2),
                                   good.substr(1),
                                   good + "0",
                                   good + good + "00",
                                   good + "!",
                                   "1: " + good + "\n1: " + good,
                                   good + "\n" + good,
                                   "1: " + good + "\n" + good,
                                   good + "\n1: " + good,
                                   "0: " + good,
                                   "-1: " + good,
                                   "2147483648: " + good,
                                   "99999999999999999999999: " + good,
                                   "x: " + good,
                                   ": " + good,
                                   std::string("1:"),
                                   std::string(64, '0'),
                                   base64(counting(32), "+/", true) + "=",
                                   base64(counting(32), "+/", false) + "===",
                                   base64(counting(32), "+/", false).substr(0, 42),
                                   "=" + good,
                                   std::string(43, 'B')})
        EXPECT_NE(refusal_of(bad), "accepted") << bad;
}

TEST(Provider, NamesTheVersion) {
    EXPECT_EQ(with_version("vault read key/%v -f %%v 100%", 12), "vault read key/12 -f %v 100%");
    EXPECT_TRUE(names_version("/keys/%v"));
    EXPECT_FALSE(names_version("/keys/%%v"));
    EXPECT_FALSE(names_version("/keys/%"));
}

class KeyFile : public testing::Test {
  protected:
    void SetUp() override {
        std::snprintf(path_, sizeof path_, "%s/cd_key_%d", testing::TempDir().c_str(), static_cast<int>(::getpid()));
        const int file = ::open(path_, O_CREAT | O_EXCL | O_RDWR, 0600);
        ASSERT_GE(file, 0);
        ::close(file);
    }
    void TearDown() override {
        ::chmod(path_, 0600);
        ::unlink(path_);
    }
    void write(const std::string &text) {
        std::FILE *const file = std::fopen(path_, "w");
        ASSERT_TRUE(file);
        std::fwrite(text.data(), 1, text.size(), file);
        std::fclose(file);
    }
    std::string read() {
        ProvidedText text;
        const std::string why = refusal([&] { read_key_file(path_, text); });
        EXPECT_EQ(why.find(path_), std::string::npos);
        return why == "accepted" ? std::string(text.text()) : why;
    }
    char path_[512];
};

TEST_F(KeyFile, IsReadIfNobodyElseCan) {
    write("secret");
    for (const mode_t mode : {0600u, 0400u, 0700u}) {
        ::chmod(path_, mode);
        EXPECT_EQ(read(), "secret");
    }
    for (const mode_t mode : {0640u, 0604u, 0620u, 0601u, 0610u, 0660u, 0644u}) {
        // What belongs to root may be readable by its group.
        if (::geteuid() == 0 && mode == 0640) continue;
        ::chmod(path_, mode);
        EXPECT_NE(read().find("has mode 0"), std::string::npos) << mode;
    }
}

TEST_F(KeyFile, IsARegularFileOfFewBytes) {
    EXPECT_EQ(read(), "");
    write(std::string(max_provided - 1, 'a'));
    EXPECT_EQ(read().size(), max_provided - 1);
    write(std::string(max_provided, 'a'));
    EXPECT_NE(read().find("bytes or more"), std::string::npos);
    ProvidedText text;
    EXPECT_NE(refusal([&] { read_key_file(testing::TempDir(), text); }).find("not a regular file"), std::string::npos);
    EXPECT_NE(refusal([&] { read_key_file(std::string(path_) + ".none", text); }).find("No such file"),
              std::string::npos);
    ::unlink(path_);
    ASSERT_EQ(::mkfifo(path_, 0600), 0);
    EXPECT_NE(read().find("not a regular file"), std::string::npos);
}

namespace {
std::string output_of(const std::string &command, Poll poll = {}) {
    ProvidedText text;
    const std::string why = refusal([&] { run_key_command(command, text, poll); });
    return why == "accepted" ? std::string(text.text()) : why;
}
} // namespace

TEST(KeyCommand, GivesItsOutput) {
    EXPECT_EQ(output_of("printf 'a\\nb'; echo log >/dev/null"), "a\nb");
    EXPECT_EQ(output_of("cat"), ""); // its input is empty
    EXPECT_EQ(output_of("sleep 0.2; echo late"), "late\n");
}

TEST(KeyCommand, IsRefusedWithItsEnd) {
    EXPECT_NE(output_of("echo x; exit 3").find("exit code 3"), std::string::npos);
    EXPECT_NE(output_of("kill -9 $$").find("by a signal"), std::string::npos);
    EXPECT_NE(output_of("no_such_program_here 2>/dev/null").find("exit code 127"), std::string::npos);
    // In pieces of no round size.
    EXPECT_NE(output_of("while printf %07d 1; do :; done").find("bytes or more"), std::string::npos);
    EXPECT_NE(output_of("head -c 10000000 /dev/zero").find("bytes or more"), std::string::npos);
}

namespace {
int polls;
struct Cancelled {};
} // namespace

// A command that hangs is killed with all that it started, as soon as somebody cancels.
TEST(KeyCommand, IsKilledWhenCancelled) {
    const std::string mark = testing::TempDir() + "/cd_command_" + std::to_string(::getpid());
    polls = 0;
    ProvidedText text;
    EXPECT_THROW(run_key_command("(sleep 1; touch " + mark + ") & sleep 100", text, Poll([] {
                                     if (++polls == 5) throw Cancelled();
                                 })),
                 Cancelled);
    ::usleep(1300000);
    EXPECT_NE(::access(mark.c_str(), F_OK), 0);
}
