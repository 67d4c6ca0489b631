using System.Text;

namespace Sam2.Fuzz;

/// <summary>
/// Makes JSON or YAML: changes the tree of a seed (other values, other types, missing, repeated and strange names, parts of other seeds, deep nesting),
/// or grows a tree from the names and values of all seeds.
/// </summary>
/// <param name="yaml">Whether seeds are YAML rather than JSON.</param>
/// <param name="lines">Whether every line is a value of its own, as in logs.</param>
public sealed class TreeMaker(bool yaml = false, bool lines = false) : IInputMaker
{
    private static readonly string[] Numbers =
    [
        "0", "1", "-1", "2", "3.0", "0.5", "-0.0", "1e5", "1e308", "1e999", "-1e999", "1e-400", "255", "256", "65536", "100000", "2147483647", "2147483648", "-2147483649",
        "9007199254740993", "9223372036854775807", "9223372036854775808", "18446744073709551616", "123456789012345678901234567890", "0.1234567890123456789",
    ];

    private static readonly string[] Json =
    [
        "true", "false", "null", "\"\"", "\"a\"", "\"1\"", "\"NaN\"", "\"Infinity\"", "\"50%\"", "\"\\u0000\"", "\"a\\u0000b.jpg\"", "\"\\ud800\"", "\"\\udc00x\"", "\"é\"", "\"../../etc/passwd\"", "\"/\"", "\".\"",
        "\"a/b\"", "\"\\n\"", "NaN", "Infinity", "01", "+1", ".5", "'a'", "[]", "{}", "[[]]", "\"0\"", "\"1000000000000000000000\"",
    ];

    private static readonly string[] Yaml =
    [
        "~", "null", "true", "yes", "''", "a", "'1'", ".nan", ".inf", "-.inf", "0x10", "0o7", "1_000", "${x}", "&a 1", "*a", "!!int 3", "!!binary aGk=", "2001-01-01", "\"\\ud800\"", "\"\\0\"", "\"\\n\"", "\"\\U00110000\"", "'it''s'",
        "[]", "{}", "[[]]", "{a: 1}", "[1, 2]", "[a, ~, 1.5]", "{? a}", "- 1", "a: b", "|\n  text\n", ">-\n  text", "# nothing", "@x", "%YAML 1.1", "---", "...", "\t", "1.", "1e", "é", "null: 1",
    ];

    private Seeds? _known;

    /// <inheritdoc/>
    public byte[] Make(FuzzTarget target, IReadOnlyList<byte[]> seeds, FuzzRandom random)
    {
        var known = _known?.Of == seeds ? _known : _known = new Seeds(seeds, yaml, lines);
        string text = Text(known, random);
        text = random.OneIn(60) ? "\uFEFF" + text : text;
        for (int more = lines ? random.Below(4) : 0; more > 0; more--)
        {
            text += "\n" + (random.OneIn(4) ? random.Pick(known.Trees).ToJson() : Text(known, random));
        }

        byte[] bytes = Encoding.UTF8.GetBytes(lines && !random.OneIn(4) ? text + "\n" : text);
        return bytes.Length <= target.LongestInput ? bytes : bytes[..target.LongestInput];
    }

    private string Text(Seeds known, FuzzRandom random)
    {
        TextNode tree;
        if (random.OneIn(4))
        {
            tree = Grow(known, random, depth: random.Between(1, 5), isObject: !random.OneIn(6));
        }
        else
        {
            tree = random.Pick(known.Trees).Clone();
            for (int edits = random.OneIn(2) ? 1 : 1 + random.Length(6); edits > 0; edits--)
            {
                Edit(tree, known, random);
            }
        }

        return yaml && tree.Literal is null && random.OneIn(2) ? tree.ToYaml() : tree.ToJson();
    }

    private void Edit(TextNode tree, Seeds known, FuzzRandom random)
    {
        var branches = tree.Branches().ToList();
        if (branches.Count == 0)
        {
            return;
        }

        var branch = random.Pick(branches);
        var items = branch.Items;
        string name = branch.IsObject ? Name(known, random) : "";
        if (items.Count == 0)
        {
            items.Add((name, Value(known, random)));
            return;
        }

        int at = random.Below(items.Count);
        switch (random.Below(10))
        {
            case 0:
                items.RemoveAt(at);
                break;
            case 1:
                items.Insert(at, items[random.Below(items.Count)]);
                break;
            case 2:
                items.Insert(at, (name, Value(known, random)));
                break;
            case 3:
                items[at] = (name, items[at].Value);
                break;
            case 4:
                items[at] = (items[at].Name, random.Pick(known.Parts).Clone());
                break;
            case 5:
                items[at] = (items[at].Name, Nested(items[at].Value, random));
                break;
            case 6:
                int times = random.Length(300);
                items.InsertRange(at, Enumerable.Repeat(items[at], times));
                break;
            default:
                items[at] = (items[at].Name, Value(known, random));
                break;
        }
    }

    private TextNode Grow(Seeds known, FuzzRandom random, int depth, bool isObject)
    {
        var node = new TextNode(null, isObject);
        for (int i = random.Length(8); i > 0; i--)
        {
            var value = depth > 0 && random.OneIn(2) ? Grow(known, random, depth - 1, random.OneIn(2)) : Value(known, random);
            node.Items.Add((isObject ? Name(known, random) : "", value));
        }

        return node;
    }

    private static TextNode Nested(TextNode node, FuzzRandom random)
    {
        for (int depth = 1 + random.Length(100); depth > 0; depth--)
        {
            var outer = new TextNode(null, isObject: random.OneIn(4));
            outer.Items.Add((outer.IsObject ? "\"a\"" : "", node));
            node = outer;
        }

        return node;
    }

    private string Name(Seeds known, FuzzRandom random) => random.OneIn(8)
        ? random.Pick(yaml ? Yaml : Json) is var name && (yaml || name[0] == '"') ? name : "\"x\""
        : random.Pick(known.Names);

    private TextNode Value(Seeds known, FuzzRandom random) => random.Below(8) switch
    {
        0 or 1 => random.Pick(known.Parts).Clone(),
        2 => new TextNode(random.Between(-3, 70).ToString(System.Globalization.CultureInfo.InvariantCulture)),
        3 or 4 => new TextNode(random.Pick(Numbers)),
        5 => new TextNode($"\"{new string((char)random.Between('!', '~'), random.Length(3000)).Replace('"', 'q').Replace('\\', 'b')}\""),
        _ => new TextNode(random.Pick(yaml ? Yaml : Json)),
    };

    /// <summary>What the seeds are made of.</summary>
    private sealed class Seeds
    {
        public Seeds(IReadOnlyList<byte[]> seeds, bool yaml, bool lines)
        {
            Of = seeds;
            var texts = lines ? seeds.SelectMany(seed => Encoding.UTF8.GetString(seed).Split('\n')).Select(Encoding.UTF8.GetBytes) : seeds;
            Trees = [.. texts.Select(seed => yaml ? TextNode.OfYaml(seed) : TextNode.OfJson(seed)).OfType<TextNode>()];
            var branches = Trees.SelectMany(tree => tree.Branches()).ToList();
            Names = [.. branches.Where(branch => branch.IsObject).SelectMany(branch => branch.Items.Select(item => item.Name)).Distinct()];
            Names = Names.Count > 0 ? Names : ["\"a\""];
            Parts = [.. branches.SelectMany(branch => branch.Items.Select(item => item.Value)), new TextNode("0")];
        }

        public IReadOnlyList<byte[]> Of { get; }

        public IReadOnlyList<TextNode> Trees { get; }

        public IReadOnlyList<string> Names { get; }

        public IReadOnlyList<TextNode> Parts { get; }
    }
}
