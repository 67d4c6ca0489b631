using System.Buffers.Binary;

namespace Sam2.Fuzz;

/// <summary>Makes safetensors files by changing the tree of a header, whose length then is right, and adding bytes behind it.</summary>
public sealed class SafetensorsMaker : IInputMaker
{
    private readonly TreeMaker _tree = new();
    private IReadOnlyList<byte[]>? _seeds;
    private IReadOnlyList<byte[]> _headers = [];

    /// <inheritdoc/>
    public byte[] Make(FuzzTarget target, IReadOnlyList<byte[]> seeds, FuzzRandom random)
    {
        if (_seeds != seeds)
        {
            _seeds = seeds;
            _headers = [.. seeds.Where(seed => seed.Length > 8).Select(seed => seed[8..(int)Math.Clamp(8 + BinaryPrimitives.ReadInt64LittleEndian(seed), 8, seed.Length)]).Where(header => header.Length > 2)];
        }

        byte[] header = _tree.Make(target, _headers, random);
        var file = new byte[8 + header.Length + (4 * random.Below(12))];
        BinaryPrimitives.WriteInt64LittleEndian(file, header.Length + (random.OneIn(10) ? random.Between(-3, 3) : 0));
        header.CopyTo(file, 8);
        return file;
    }
}
