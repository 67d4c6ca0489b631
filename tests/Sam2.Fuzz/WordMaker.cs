using System.Text;

namespace Sam2.Fuzz;

/// <summary>Makes lines of words and numbers, joined by blanks, commas and whatever else the format has.</summary>
/// <param name="separators">What stands between words; the first is the usual one.</param>
/// <param name="words">Words of the format besides those of the seeds.</param>
public sealed class WordMaker(string[] separators, params string[] words) : IInputMaker
{
    private static readonly string[] Numbers =
    [
        "0", "1", "-1", "2", "7", "0.5", "0.25", "0.75", "0.1", "0.333333", "1.0", "1.005", "1.02", "-0.01", "-0.02", "-0", "+1", "1e-3", "1e3", "1e308", "1e999", "-1e999", "1e-400", "NaN", "nan", "Infinity", "-Infinity", "∞", "99999", "100000",
        "2147483647", "2147483648", "-2147483649", "9223372036854775808", "00001", "1.", ".5", "1,5", "0x10", "1_0", "١", "50%", "%", "-5%", "150%", "1 %",
    ];

    private static readonly string[] LineEnds = ["\n", "\n", "\n", "\r\n", "\r", "\n\n", "\u0085", "\u2028", "\0", " \n"];

    private IReadOnlyList<byte[]>? _seeds;
    private string[] _known = [];

    /// <inheritdoc/>
    public byte[] Make(FuzzTarget target, IReadOnlyList<byte[]> seeds, FuzzRandom random)
    {
        if (_seeds != seeds)
        {
            _seeds = seeds;
            _known = [.. seeds.SelectMany(seed => Encoding.UTF8.GetString(seed).Split([' ', '\n', '\r', ','], StringSplitOptions.RemoveEmptyEntries)).Concat(words).Distinct(), "a"];
        }

        var text = new StringBuilder(random.OneIn(60) ? "\uFEFF" : "");
        int usual = random.Between(1, 12);
        for (int lines = random.Length(40); lines >= 0; lines--)
        {
            for (int count = random.OneIn(4) ? random.Length(200) : usual; count > 0 && text.Length < target.LongestInput; count--)
            {
                text.Append(Word(random)).Append(random.OneIn(12) ? random.Pick(separators) : separators[0]);
            }

            text.Append(random.Pick(LineEnds));
        }

        byte[] bytes = Encoding.UTF8.GetBytes(text.ToString());
        return bytes.Length <= target.LongestInput ? bytes : bytes[..target.LongestInput];
    }

    private string Word(FuzzRandom random) => random.Below(9) switch
    {
        0 => random.Pick(Numbers),
        1 => new string((char)random.Between(1, 0x180), random.Length(60)),
        2 or 3 or 4 => (random.Below(1001) / 1000.0).ToString(System.Globalization.CultureInfo.InvariantCulture),
        _ => random.Pick(_known),
    };
}
