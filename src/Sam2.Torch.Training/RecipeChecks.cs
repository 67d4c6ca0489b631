using Sam2.Torch.Configuration;
using Sam2.Torch.Training.Recipes;

namespace Sam2.Torch.Training;

/// <summary>What a recipe and the model that it trains have to fulfil before the first step.</summary>
internal static class RecipeChecks
{
    /// <summary>Checks a recipe.</summary>
    /// <param name="recipe">The recipe.</param>
    /// <param name="config">The architecture of the model that it trains.</param>
    /// <param name="loraDropout">Dropout of the model's low-rank updates; 0 if it has none.</param>
    /// <exception cref="ArgumentException">A setting is impossible; the message names it.</exception>
    public static void Require(Recipe recipe, Sam2Config config, double loraDropout)
    {
        AtLeast("steps", recipe.Steps, 1);
        AtLeast("accumulate", recipe.Accumulate, 1);
        AtLeast("concurrent_batches", recipe.ConcurrentBatches, 1);
        AtLeast("divergence.patience", recipe.Divergence.Patience, 1);
        AtLeast("log.every", recipe.Log.Every, 1);
        AtLeast("checkpoint.every", recipe.Checkpoint.Every, 1);
        AtLeast("validation.every", recipe.Validation?.Every ?? 1, 1);
        if (config.ImageEncoder.Trunk.KeepsStatistics)
            RequireStatistics(recipe, config.ImageEncoder.Trunk.Summary);
        if (recipe.ConcurrentBatches > 1)
            RequireNoChance(config, loraDropout);

        static void AtLeast(string setting, long value, long least)
        {
            if (value < least)
                throw new ArgumentException($"{setting} is {value}; at least {least} is needed");
        }
    }

    // Each batch changes the statistics of batch normalisation a little. In half precision the change is lost to rounding.
    private static void RequireStatistics(Recipe recipe, string trunk)
    {
        if (recipe.ConcurrentBatches > 1)
            throw new ArgumentException($"concurrent_batches is {recipe.ConcurrentBatches}, but the trunk ({trunk}) has batch normalisation, whose statistics would depend on which batch is first; set it to 1");
        if (recipe.Precision != TrainingPrecision.Fp32)
            throw new ArgumentException($"precision is {Spelling.InFiles($"{recipe.Precision}")}, but the trunk ({trunk}) has batch normalisation, whose statistics need fp32; set it to fp32");
    }

    // The threads share libtorch's random numbers, so dropout would depend on which of them is first: a run could not be repeated.
    private static void RequireNoChance(Sam2Config config, double loraDropout)
    {
        var layer = config.MemoryAttention.Layer;
        var trunk = config.ImageEncoder.Trunk.Randomness.Select(setting => ("settings.image_encoder.trunk." + setting.Setting, setting.Value));
        foreach (var (setting, value) in new[]
        {
            ("lora.dropout", loraDropout),
            ("settings.spatial_perceiver.hidden_dropout_p", config.SpatialPerceiver?.HiddenDropoutP ?? 0),
            ("settings.spatial_perceiver.attention_dropout_p", config.SpatialPerceiver?.AttentionDropoutP ?? 0),
            ("settings.memory_attention.layer.dropout", layer.Dropout),
            ("settings.memory_attention.layer.self_attention.dropout", layer.SelfAttention.Dropout),
            ("settings.memory_attention.layer.cross_attention.dropout", layer.CrossAttention.Dropout),
            ("settings.memory_encoder.fuser.layer.drop_path", config.MemoryEncoder.Fuser.Layer.DropPath),
        }.Concat(trunk))
        {
            if (value > 0)
                throw new ArgumentException($"concurrent_batches is more than 1, but model.{setting} is {value}; set that to 0, or concurrent_batches to 1");
        }
    }
}
