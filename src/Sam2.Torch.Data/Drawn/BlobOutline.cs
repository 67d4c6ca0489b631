namespace Sam2.Torch.Data.Drawn;

/// <summary>
/// A closed curve around the centre whose radius is a sum of waves: pebbles, petals, stars with round arms. The radius is
/// base + Σ amplitudes[k] · cos((k + 1)·(θ − phases[k])).
/// </summary>
internal sealed class BlobOutline : Outline
{
    private readonly float _base;
    private readonly (float Cos, float Sin)[] _waves;

    public BlobOutline(double baseRadius, IReadOnlyList<double> amplitudes, IReadOnlyList<double> phases)
    {
        _base = (float)baseRadius;
        _waves = new (float, float)[amplitudes.Count];
        for (int k = 0; k < _waves.Length; k++)
        {
            var (sin, cos) = PortableMath.SinCos((k + 1) * phases[k]);
            _waves[k] = ((float)(amplitudes[k] * cos), (float)(amplitudes[k] * sin));
        }
    }

    public override float Level(float x, float y)
    {
        float radius = MathF.Sqrt((x * x) + (y * y));
        if (radius < 1e-6f)
        {
            return -_base;
        }

        // cos kθ and sin kθ as powers of the direction: no angle is needed.
        float c = x / radius, s = y / radius;
        float ck = 1, sk = 0, limit = _base;
        foreach (var (cos, sin) in _waves)
        {
            (ck, sk) = ((ck * c) - (sk * s), (sk * c) + (ck * s));
            limit += (cos * ck) + (sin * sk);
        }

        return radius - limit;
    }
}
