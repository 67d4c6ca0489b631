using Sam2.Torch.Modeling;

namespace Sam2.Torch.Checkpoints;

/// <summary>What the original assumes for settings that a YAML file leaves out.</summary>
internal static class ConfigDefaults
{
    /// <summary>Defaults of the constructors of the original, of <c>SAM2Base</c> and its parts.</summary>
    public static Sam2Config Original { get; } = new()
    {
        ImageSize = 512,
        SigmoidScaleForMemEnc = 1,
        SigmoidBiasForMemEnc = 0,
        UseMaskInputAsOutputWithoutSam = false,
        DirectlyAddNoMemEmbed = false,
        UseHighResFeaturesInSam = false,
        MultimaskOutputInSam = false,
        MultimaskMinPtNum = 1,
        MultimaskMaxPtNum = 1,
        MultimaskOutputForTracking = false,
        UseMultimaskTokenForObjPtr = false,
        IouPredictionUseSigmoid = false,
        UseObjPtrsInEncoder = false,
        AddTposEncToObjPtrs = true,
        ProjTposEncInObjPtrs = false,
        UseSignedTposEncToObjPtrs = false,
        OnlyObjPtrsInThePastForEval = false,
        PredObjScores = false,
        PredObjScoresMlp = false,
        FixedNoObjPtr = false,
        UseMlpForObjPtrProj = false,
        NoObjEmbedSpatial = false,
        MemoryAttention = new()
        {
            Layer = new() { SelfAttention = new(), CrossAttention = new() },
        },
        MemoryEncoder = new() { MaskDownsampler = new() { KernelSize = 4, Stride = 4, Padding = 0 } },
    };
}
